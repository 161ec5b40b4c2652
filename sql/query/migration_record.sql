insert into plan.migration (number, name, checksum) values ($1, $2, $3)
