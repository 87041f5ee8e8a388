find_package(SQLiteCpp CONFIG REQUIRED) # to look into the file, and to tamper with it
baton_test(runtime/journal LINKS baton_runtime SQLiteCpp sqlite3)
