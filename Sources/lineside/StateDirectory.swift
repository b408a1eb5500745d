import Basics
import Glibc

/// The state directory in the hands of the one appliance that may work on it.
struct StateDirectory: ~Copyable {
    let paths: StatePaths
    private let lock: FileLock

    /// Makes the directory where it is missing.
    static func open(_ path: String) throws(CommandFailure) -> StateDirectory {
        let paths = StatePaths(path)
        // sun_path of unix(7), with its closing zero.
        guard paths.adminSocket.utf8.count < 108 else {
            throw CommandFailure("the path of the state directory is too long: \(paths.root)")
        }
        do throws(SystemError) {
            try Files.makeDirectory(paths.root)
            var information = stat()
            guard lstat(paths.root, &information) == 0 else {
                throw SystemError("read \(paths.root)")
            }
            // What lies there decides what we run and sign: nobody else may have a say in it.
            guard information.st_mode & S_IFMT == S_IFDIR, information.st_uid == geteuid() else {
                throw SystemError("use \(paths.root) of another user", code: EPERM)
            }
            guard information.st_mode & 0o077 == 0 || chmod(paths.root, 0o700) == 0 else {
                throw SystemError("close \(paths.root) to others")
            }
            if let lock = try FileLock.take(paths.lock, patience: patience) {
                return StateDirectory(paths: paths, lock: lock)
            }
        } catch {
            throw CommandFailure("the state directory cannot be used: \(error)")
        }
        throw CommandFailure(
            "another lineside already works on \(paths.root); stop it, or name another --state")
    }

    /// 2 s: a service manager starts us again at once after a kill.
    private static let patience = Duration.seconds(2)

    private init(paths: StatePaths, lock: consuming FileLock) {
        self.paths = paths
        self.lock = lock
    }
}
