select layer, changes, change::text from plan.change_count
