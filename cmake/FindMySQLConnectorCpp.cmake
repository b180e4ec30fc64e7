# MySQL Connector/C++ with its classic API: Debian's 1.1 (headers in cppconn/) or Oracle's 8.x and 9.x, whose
# legacy JDBC headers lie under mysql/jdbc/ or jdbc/. Gives the target MySQLConnectorCpp::Classic, with which
# <cppconn/…> and <mysql_driver.h> are found in either.
include(FindPackageHandleStandardArgs)

find_path(MySQLConnectorCpp_INCLUDE_DIR NAMES cppconn/driver.h PATH_SUFFIXES mysql/jdbc jdbc)
find_library(MySQLConnectorCpp_LIBRARY NAMES mysqlcppconn PATH_SUFFIXES lib64/debug lib64)

find_package_handle_standard_args(MySQLConnectorCpp
    REQUIRED_VARS MySQLConnectorCpp_LIBRARY MySQLConnectorCpp_INCLUDE_DIR
    FAIL_MESSAGE "MySQL Connector/C++ is missing (Debian: libmysqlcppconn-dev)")
mark_as_advanced(MySQLConnectorCpp_INCLUDE_DIR MySQLConnectorCpp_LIBRARY)

if(MySQLConnectorCpp_FOUND AND NOT TARGET MySQLConnectorCpp::Classic)
    add_library(MySQLConnectorCpp::Classic UNKNOWN IMPORTED)
    set_target_properties(MySQLConnectorCpp::Classic PROPERTIES
        IMPORTED_LOCATION "${MySQLConnectorCpp_LIBRARY}"
        INTERFACE_INCLUDE_DIRECTORIES "${MySQLConnectorCpp_INCLUDE_DIR}")
endif()
