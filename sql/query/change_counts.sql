select layer, changes from plan.change_count
