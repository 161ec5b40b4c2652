-- Reading goes on; others' writes wait, so that what is checked is what is inserted.
lock table {table} in share row exclusive mode
