baton_test(cli/config LINKS baton_cli)
