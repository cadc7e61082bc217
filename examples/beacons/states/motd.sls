/etc/motd:
  file.managed:
    - contents: {{grains.id}} is configured by tsalt. What is written here by hand does not last.
    - mode: 0644
    - makedirs: true
