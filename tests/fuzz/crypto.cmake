include(${PROJECT_SOURCE_DIR}/tests/support/cms_signer.cmake)
foreach(part signature header push_certificate)
    nanomdm_fuzzer(fuzz_crypto_${part} SOURCES crypto_${part}_fuzzer.cpp LINKS nanomdm::crypto nanomdm::encoding nanomdm::cms_signer
        OpenSSL::Crypto)
endforeach()
