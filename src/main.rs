fn main(){ let c = teal::duckdb::Connection::open_in_memory().unwrap(); println!("{}", c.query_row("select version()", [], |r| r.get::<_,String>(0)).unwrap()); }
