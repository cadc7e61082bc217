graphite-carbon:
  pkg.installed: []

# A sample every ten seconds for a week, every minute for a month.
/etc/carbon/storage-schemas.conf:
  file.managed:
    - contents: |
        [all]
        pattern = .*
        retentions = 10s:7d,1m:30d
    - require:
      - pkg: graphite-carbon

# The result reactor beside it is the only one that sends; new machines bring hundreds of series at once.
/etc/carbon/carbon.conf:
  file.managed:
    - contents: |
        [cache]
        STORAGE_DIR = /var/lib/graphite/
        LOCAL_DATA_DIR = /var/lib/graphite/whisper/
        CONF_DIR = /etc/carbon/
        LOG_DIR = /var/log/carbon/
        PID_DIR = /var/run/
        USER = _graphite
        LINE_RECEIVER_INTERFACE = 127.0.0.1
        LINE_RECEIVER_PORT = 2003
        PICKLE_RECEIVER_PORT = 0
        CACHE_QUERY_INTERFACE = 127.0.0.1
        CACHE_QUERY_PORT = 7002
        MAX_UPDATES_PER_SECOND = 500
        MAX_CREATES_PER_MINUTE = inf
        ENABLE_TAGS = False
    - require:
      - pkg: graphite-carbon

carbon-cache:
  service.running:
    - enable: True
    - watch:
      - file: /etc/carbon/storage-schemas.conf
      - file: /etc/carbon/carbon.conf
