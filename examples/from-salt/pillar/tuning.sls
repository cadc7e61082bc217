vm.swappiness: {{swappiness}}
net.core.somaxconn: {{mul grains.num_cpus 1024}}
