base:
  '*':
    - members
