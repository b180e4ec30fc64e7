nanomdm_fuzzer(fuzz_bolt SOURCES migrate_bolt_fuzzer.cpp LINKS nanomdm::bolt nanomdm::micromdm nanomdm::values
    nanomdm::log nanomdm::test_bolt)
nanomdm_fuzzer(fuzz_micromdm SOURCES migrate_micromdm_fuzzer.cpp LINKS nanomdm::micromdm nanomdm::mdm nanomdm::values
    nanomdm::test_bolt)
