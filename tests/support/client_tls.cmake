# nanomdm::client_tls: a TLS client that tests look into. Include it from wherever it is linked.
include_guard(GLOBAL)
include(${CMAKE_CURRENT_LIST_DIR}/cms_signer.cmake)
nanomdm_layer(client_tls SOURCES ${CMAKE_CURRENT_LIST_DIR}/client_tls.cpp
              PUBLIC_LINKS nanomdm::cms_signer LINKS OpenSSL::SSL)
