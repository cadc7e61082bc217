/srv/tsalt/states:
  file.directory:
    - makedirs: True

/srv/tsalt/pillar:
  file.directory:
    - makedirs: True

tsalt-master:
  service.running:
    - enable: True

tsalt-minion:
  service.running:
    - enable: True
