-- What keeps the index of a table that somebody edits (12-128r18, annex F.3). {table}, {id}, {geometry} and {index} are quoted
-- names; {prefix} is the name of the index, quotes in it doubled.
CREATE TRIGGER "{prefix}_insert" AFTER INSERT ON {table}
  WHEN (new.{geometry} NOT NULL AND NOT ST_IsEmpty(NEW.{geometry}))
BEGIN
  INSERT OR REPLACE INTO {index} VALUES (
    NEW.{id},
    ST_MinX(NEW.{geometry}), ST_MaxX(NEW.{geometry}),
    ST_MinY(NEW.{geometry}), ST_MaxY(NEW.{geometry})
  );
END;
CREATE TRIGGER "{prefix}_update1" AFTER UPDATE OF {geometry} ON {table}
  WHEN OLD.{id} = NEW.{id} AND
       (NEW.{geometry} NOTNULL AND NOT ST_IsEmpty(NEW.{geometry}))
BEGIN
  INSERT OR REPLACE INTO {index} VALUES (
    NEW.{id},
    ST_MinX(NEW.{geometry}), ST_MaxX(NEW.{geometry}),
    ST_MinY(NEW.{geometry}), ST_MaxY(NEW.{geometry})
  );
END;
CREATE TRIGGER "{prefix}_update2" AFTER UPDATE OF {geometry} ON {table}
  WHEN OLD.{id} = NEW.{id} AND
       (NEW.{geometry} ISNULL OR ST_IsEmpty(NEW.{geometry}))
BEGIN
  DELETE FROM {index} WHERE id = OLD.{id};
END;
CREATE TRIGGER "{prefix}_update3" AFTER UPDATE ON {table}
  WHEN OLD.{id} != NEW.{id} AND
       (NEW.{geometry} NOTNULL AND NOT ST_IsEmpty(NEW.{geometry}))
BEGIN
  DELETE FROM {index} WHERE id = OLD.{id};
  INSERT OR REPLACE INTO {index} VALUES (
    NEW.{id},
    ST_MinX(NEW.{geometry}), ST_MaxX(NEW.{geometry}),
    ST_MinY(NEW.{geometry}), ST_MaxY(NEW.{geometry})
  );
END;
CREATE TRIGGER "{prefix}_update4" AFTER UPDATE ON {table}
  WHEN OLD.{id} != NEW.{id} AND
       (NEW.{geometry} ISNULL OR ST_IsEmpty(NEW.{geometry}))
BEGIN
  DELETE FROM {index} WHERE id IN (OLD.{id}, NEW.{id});
END;
CREATE TRIGGER "{prefix}_delete" AFTER DELETE ON {table}
  WHEN old.{geometry} NOT NULL
BEGIN
  DELETE FROM {index} WHERE id = OLD.{id};
END;
