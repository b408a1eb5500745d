import Basics
import Processes
import Glibc
import Site

/// `lineside signer`: the process that has the authority's key. Started by the appliance, or by a
/// unit of its own.
struct RunSigner: Command {
    static let name = "signer"
    static let synopsis = "--state DIR [options]"
    static let summary = "Signs certificates for the appliance that works on a state directory."
    static let isInternal = true
    static let details = """
          --state DIR      the state directory of the appliance
          --names A,B      names and addresses that the site has beside those of the machine
          --while-input    ends when standard input does
        """

    private let arguments: Arguments

    init(_ arguments: [String]) throws(UsageError) {
        self.arguments = try Arguments(
            arguments,
            options: [.init("--state", "DIR"), .init("--names", "A,B"), .init("--while-input")])
        guard self.arguments.has("--state") else { throw UsageError("--state is missing") }
    }

    func run() throws {
        umask(0o077)
        let paths = StatePaths(try absolute(arguments["--state"] ?? ""))
        let names = (arguments["--names"] ?? "").split(separator: ",").map(String.init)
        do {
            try ProcessMemory.hide()
            let desk = try SignerDesk(
                AuthorityFiles(paths), names: { LocalNames.current(extra: names) })
            try desk.note("started")
            let server = SignerServer(desk: desk, path: paths.signerSocket, user: geteuid())
            try server.run(while: arguments.has("--while-input") ? 0 : nil)
            try desk.note("ended")
        } catch {
            throw CommandFailure("the signer: \(error)")
        }
    }
}
