# What `baton demo` writes out: the fleet's script and the app it deploys.
set(demo "${CMAKE_SOURCE_DIR}/demo")
baton_embed(baton_cli demo "${demo}/fleet.sh" "${demo}/shop/shop.sh" "${demo}/shop/shop_test.sh"
  "${demo}/shop/compose.yaml" "${demo}/shop/Dockerfile")
