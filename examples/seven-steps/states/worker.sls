/etc/worker.conf:
  file.managed:
    - contents: |
        name = {{grains.id}}
        slots = {{grains.num_cpus}}

worker-ready:
  cmd.run:
    - name: echo ready with {{grains.num_cpus}} slots
    - onchanges:
      - file: /etc/worker.conf
