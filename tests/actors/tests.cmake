baton_test(actors LINKS baton_actors)
