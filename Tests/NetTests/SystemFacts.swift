import Basics
import Glibc

func ownUser() -> UInt32 { getuid() }

func mode(of path: String) throws -> UInt32 {
    var information = stat()
    guard stat(path, &information) == 0 else { throw SystemError("stat \(path)") }
    return information.st_mode & 0o777
}
