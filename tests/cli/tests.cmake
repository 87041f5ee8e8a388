baton_test(cli LINKS baton_cli)
