# Runs one Python model for Teal, in the user's own interpreter.
#
# Teal holds the database file, so rows come and go as Parquet files. Teal speaks first, on standard
# input, one JSON object a line: the job, then an answer to each request. What the model prints goes
# to Teal as well. When Teal goes away, so does this process.
import json, os, queue, re, shutil, sys, threading, traceback, types

sys.path.pop(0)  # The working folder, which `python -c` puts there.
wire = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)
lock = threading.RLock()
answers = queue.Queue()


def tell(**message):
    with lock:
        wire.write(json.dumps(message) + "\n")
        wire.flush()


def listen():
    folder = None
    for line in sys.stdin.buffer:
        message = json.loads(line)
        folder = folder or message["folder"]
        answers.put(message)
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


class Printed:
    """Standard output of the model: whole lines go to Teal."""

    encoding = "utf-8"

    def __init__(self):
        self.rest = ""

    def write(self, text):
        *lines, self.rest = (self.rest + text).split("\n")
        for line in lines:
            tell(print=line)
        return len(text)

    def flush(self):
        pass

    def isatty(self):
        return False

    def close(self):
        if self.rest:
            self.write("\n")


def ask(**request):
    with lock:
        tell(**request)
        answer = answers.get()
    if "error" in answer:
        raise RuntimeError(answer["error"])
    return answer


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def literal(text):
    return "'" + text.replace("'", "''") + "'"


def projection(columns, cast):
    """Columns with those that Parquet would change cast, by name of the column and its type."""
    return ", ".join(
        f"cast({quoted(name)} as {cast(kind)}) as {quoted(name)}" if awkward else quoted(name)
        for name, kind, awkward in columns
    )


class Warehouse:
    """The way to the tables that Teal holds."""

    def __init__(self, session, job):
        self.session = session
        self.folder = job["folder"]
        self.awkward = job["awkward"]
        self.read = {}

    def columns(self, named):
        """Names and types, each with whether Parquet has no equal of the type."""
        return [(name, kind, any(word in kind for word in self.awkward)) for name, kind in named]

    def relation(self, name):
        """The rows of a relation; a view of the same name is made in the session."""
        with lock:
            if name not in self.read:
                answer = ask(read=name)
                columns = self.columns((column["name"], column["type"]) for column in answer["columns"])
                rows = f"from read_parquet({literal(answer['path'])})"
                query = f"select {projection(columns, lambda kind: kind)} {rows}"
                self.read[name] = self.view(name, query)
        return self.session.query(self.read[name])

    def view(self, name, query):
        parts = re.findall(r'"((?:[^"]|"")*)"|(\w+)', name)
        if re.fullmatch(r'(?:"(?:[^"]|"")*"|\w+)(?:\.(?:"(?:[^"]|"")*"|\w+)){0,2}', name) is None:
            return query
        parts = [part.replace('""', '"') or word for part, word in parts]
        known = {row[0] for row in self.session.execute("select database_name from duckdb_databases()").fetchall()}
        if len(parts) == 3 and parts[0] not in known:
            self.session.execute(f"attach ':memory:' as {quoted(parts[0])}")
            if len(known - {"system", "temp"}) == 1:
                self.session.execute(f"use {quoted(parts[0])}")
        if len(parts) > 1:
            self.session.execute(f"create schema if not exists {'.'.join(map(quoted, parts[:-1]))}")
        view = ".".join(map(quoted, parts))
        self.session.execute(f"create or replace view {view} as {query}")
        return f"select * from {view}"

    def create_table(self, name, frame, temporary=False):
        """Makes a table of what the model returned."""
        import duckdb

        if frame is None:
            raise TypeError("the model returned None, which is no relation or data frame")
        if not isinstance(frame, duckdb.DuckDBPyRelation):
            try:
                self.session.register("__dbt_result", frame)
            except duckdb.Error as error:
                kind = type(frame).__name__
                raise TypeError(f"the model returned a {kind}, which is no relation or data frame") from error
            frame = self.session.query('select * from "__dbt_result"')
        path = os.path.join(self.folder, "result.parquet")
        columns = self.columns(zip(frame.columns, map(str, frame.types)))
        frame.project(projection(columns, lambda _: "varchar")).write_parquet(path)
        columns = [dict(name=name, type=kind, cast=cast) for name, kind, cast in columns]
        ask(create=name, temporary=temporary, path=path, columns=columns)


class Placeholder:
    """`dbt.this`: the table is there for SQL once it is named in a text."""

    def __init__(self, this, warehouse):
        self._this, self._warehouse = this, warehouse

    def __getattr__(self, name):
        return getattr(self._this, name)

    def __repr__(self):
        name = repr(self._this)
        try:
            self._warehouse.relation(name)
        except RuntimeError:
            pass  # It is not there yet.
        return name

    __str__ = __repr__


def package(error):
    """The package that is missing, where that is what went wrong."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        return error.name.split(".")[0]
    return None


def fail(error, file, start, end):
    """Tells what went wrong, where in the model's own lines, `start` where nowhere nearer, and where below them."""
    words = f"{type(error).__name__}: {error}".rstrip(": ")
    report = dict(error=words, missing=package(error), line=start, column=0, below=[])
    if isinstance(error, SyntaxError) and error.filename == file:
        report.update(error=f"{type(error).__name__}: {error.msg}", line=error.lineno)
        text = (error.text or "").encode()[: max((error.offset or 1) - 1, 0)]
        report.update(column=len(text))
    else:
        frames = traceback.TracebackException.from_exception(error).stack
        own = [at for at, frame in enumerate(frames) if frame.filename == file and frame.lineno < end]
        if own:
            frame = frames[own[-1]]
            report.update(line=frame.lineno, column=getattr(frame, "colno", None) or 0)
            for frame in list(frames)[own[-1] + 1 :][-3:]:
                if frame.filename != "<string>":
                    report["below"].append(f"{frame.filename}:{frame.lineno} in {frame.name}")
    tell(**report)


def run(job):
    file, code = job["file"], "\n" * (job["line"] - 1) + job["script"]
    sys.path[:0] = job["module_paths"]
    module = types.ModuleType(job["name"])
    try:
        module.__file__ = file
        sys.modules[job["name"]] = module
        import linecache

        linecache.cache[file] = (len(code), None, code.splitlines(True), file)
        exec(compile(code, file, "exec"), module.__dict__)
        import duckdb

        session = duckdb.connect(":memory:")
        for key, value in job["settings"]:
            session.execute(f"set {key} = {literal(value)}")
        warehouse = Warehouse(session, job)
        dbt = module.dbtObj(warehouse.relation)
        dbt.this = Placeholder(dbt.this, warehouse)
        module.materialize(module.model(dbt, session), warehouse)
        sys.stdout.close()
        tell(done=True)
    except BaseException as error:
        sys.stdout.close()
        start = module.model.__code__.co_firstlineno if hasattr(module, "model") else job["line"]
        fail(error, file, start, job["line"] + job["own_lines"])


if __name__ == "__main__":
    sys.stdout = Printed()
    threading.Thread(target=listen, daemon=True).start()
    run(answers.get())
    os._exit(0)
