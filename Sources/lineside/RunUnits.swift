import Basics
import Glibc
import Site

/// `lineside helper`: root's part in the running of instances. Started by lineside-helper.socket, one
/// process a connection, which is its standard input.
struct RunUnitDesk: Command {
    static let name = "helper"
    static let synopsis = "--user NAME"
    static let summary = "Starts and stops units of instances for the appliance."
    static let isInternal = true
    static let details = "  --user NAME  who may ask"

    private let user: UInt32

    init(_ arguments: [String]) throws(UsageError) {
        let arguments = try Arguments(arguments, options: [.init("--user", "NAME")])
        guard let name = arguments["--user"] else { throw UsageError("--user is missing") }
        guard let entry = getpwnam(name) else { throw UsageError("there is no user \(name)") }
        user = entry.pointee.pw_uid
    }

    func run() async throws {
        guard let connection = FileDescriptor(owning: fcntl(0, F_DUPFD_CLOEXEC, 3)) else {
            throw CommandFailure("\(SystemError("take the connection"))")
        }
        let isServed: Bool
        do throws(SystemError) {
            isServed = try await UnitDesk(user: user).serve(connection)
        } catch { throw CommandFailure("\(error)") }
        guard isServed else {
            throw CommandFailure("somebody else than the appliance asked, and was refused")
        }
    }
}

/// `lineside instance`: what an instance's unit begins with.
struct RunInstance: Command {
    static let name = "instance"
    static let synopsis = "DIRECTORY"
    static let summary = "Becomes the Node-RED that the appliance has prepared in a directory."
    static let isInternal = true

    private let root: String

    init(_ arguments: [String]) throws(UsageError) {
        root = try Arguments(arguments, options: [], words: 1...1).words[0]
    }

    func run() throws { throw CommandFailure("\(InstanceLauncher.launch(root: root))") }
}
