/srv/shared:
  file.directory:
    - mode: 0755
    - makedirs: True

/srv/shared/queue.conf:
  file.managed:
    - contents: |
        name = {{grains.id}}
        workers = {{pillar.workers}}
    - require:
      - file: /srv/shared
