package import Basics
import Glibc

/// `lineside instance DIRECTORY`: the first program of an instance's unit, as the instance's user. It
/// takes the lock of the instance, turns output to the file that the appliance reads, and becomes
/// Node.js.
package enum InstanceLauncher {
    /// Of its process, until it is Node.js.
    static let name = "lineside"

    /// Returns only to say why it could not.
    package static func launch(root: String) -> SystemError {
        do throws(SystemError) {
            let file = try LaunchFile(root: root)
            try hold("\(root)/lock")
            umask(0o007)
            // No more than the instance itself could do; openat2 is refused in its unit.
            let flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
            guard let output = FileDescriptor(owning: open("\(root)/log/out.log", flags, 0o660))
            else { throw SystemError("open \(root)/log/out.log") }
            // What prints must not see EAGAIN; the file was opened so that opening could not block.
            guard fcntl(output.raw, F_SETFL, O_APPEND) == 0, dup2(output.raw, 1) == 1,
                chdir("\(root)/user") == 0
            else { throw SystemError("set up \(root)") }
            signal(SIGPIPE, SIG_DFL)
            var none = sigset_t()
            sigemptyset(&none)
            sigprocmask(SIG_SETMASK, &none, nil)
            // Last: what goes wrong before stands in the journal.
            let errors = fcntl(2, F_DUPFD_CLOEXEC, 3)
            guard dup2(output.raw, 2) == 2 else { throw SystemError("set up \(root)") }
            let code = become(file)
            dup2(errors, 2)
            throw SystemError("start \(file.executable)", code: code)
        } catch { return error }
    }

    /// Held until the last process of the instance has gone: they inherit the descriptor.
    private static func hold(_ path: String) throws(SystemError) {
        let raw = open(path, O_RDWR | O_NOFOLLOW)
        guard raw >= 0 else { throw SystemError("open \(path)") }
        // 3 s: what was killed holds it until the kernel is done with it.
        let end = ContinuousClock.now + .seconds(3)
        while flock(raw, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR, ContinuousClock.now < end else {
                throw SystemError("lock \(path)")
            }
            usleep(20_000)
        }
    }

    private static func become(_ file: LaunchFile) -> Int32 {
        let arguments = ([file.executable] + file.arguments).map { strdup($0) } + [nil]
        let environment = file.environment.map { strdup($0) } + [nil]
        execve(file.executable, arguments, environment)
        return errno
    }
}
