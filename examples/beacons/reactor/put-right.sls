{{!-- Events of the beacon have their fields beside the id: data.path is the file. --}}
put {{data.path}} right:
  local.state.apply:
    - tgt: {{data.id}}
    - args:
      - mods: motd
