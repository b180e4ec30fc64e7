# nanomdm::cms_signer: test CAs and CMS signatures. Include it from wherever it is linked.
include_guard(GLOBAL)
nanomdm_layer(cms_signer
    SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_ca.cpp ${CMAKE_CURRENT_LIST_DIR}/cms_signer.cpp
        ${CMAKE_CURRENT_LIST_DIR}/signed_data_parts.cpp
    LINKS OpenSSL::Crypto)
target_include_directories(nanomdm_cms_signer PUBLIC ${CMAKE_CURRENT_LIST_DIR}/..)
