copy import_row (import_row_number, id, geom{columns}) from stdin (format binary)
