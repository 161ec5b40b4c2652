select number, checksum from plan.migration order by number
