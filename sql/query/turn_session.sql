-- For the connection that holds the right to export: the server gives the lock to the next one when it has heard nothing for these
-- seconds, be the machine gone, its network cut, or the program stopped.
set idle_session_timeout = '5s';
set tcp_keepalives_idle = 2;
set tcp_keepalives_interval = 1;
set tcp_keepalives_count = 3;
