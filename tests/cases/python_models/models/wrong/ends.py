import os
import sys


def model(dbt, session):
    print("last words", file=sys.stderr)
    sys.stderr.flush()
    os._exit(3)
    return dbt.ref("numbers")
