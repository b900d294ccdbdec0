module orderhub/tools/targets

go 1.26.0
