select import_row_number, id, geom{columns} from import_row
