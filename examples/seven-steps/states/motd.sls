/etc/motd:
  file.managed:
    - source: salt://motd.tpl
    - template: handlebars
    - mode: 0644
