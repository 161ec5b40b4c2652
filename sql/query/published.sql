select pg_notify('plan_published', $1)
