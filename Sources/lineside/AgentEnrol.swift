import Basics
import Domain
import Glibc
import Net
import Site

/// `lineside agent enrol`: brings this device into a site.
struct AgentEnrol: Command {
    static let name = "agent enrol"
    static let synopsis = "FILE.enrol | --code CODE --server ADDRESS"
    static let summary = "Brings this device into a site, with a bundle or a code."
    static let details = """
          --code CODE       the code that the appliance shows, instead of a bundle
          --server ADDRESS  where the appliance is: https://10.0.0.5:8443
          --state DIR       where the device keeps what it needs (\(AgentPaths.defaultState))
        """

    private let arguments: Arguments

    init(_ arguments: [String]) throws(UsageError) {
        self.arguments = try Arguments(
            arguments,
            options: [
                .init("--code", "CODE"), .init("--server", "ADDRESS"), .init("--state", "DIR"),
            ], words: 0...1)
        let hasCode = self.arguments.has("--code")
        guard hasCode != (self.arguments.words.count == 1) else {
            throw UsageError("either a bundle or --code is wanted")
        }
        guard hasCode == self.arguments.has("--server") else {
            throw UsageError("--code and --server belong together")
        }
    }

    func run() async throws {
        let bundle: [UInt8]?
        do throws(AgentEnrolmentFault) {
            bundle = try arguments.words.first.map { (file) throws(AgentEnrolmentFault) in
                try AgentOption.read(file, limit: 65_536)
            }
        } catch { throw CommandFailure(error.description) }
        let state = try AgentOption.open(arguments)
        let loops = try EventLoopGroup(count: 1)
        let enrolment = AgentEnrolment(AgentPaths(state.paths.root), loops: loops)
        let identity: AgentIdentity
        do throws(AgentEnrolmentFault) {
            identity = try await enrol(enrolment, bundle)
        } catch { throw CommandFailure(error.description) }
        _ = consume state
        Output.line("enrolled as \(identity.name) (\(identity.device))")
    }

    private func enrol(
        _ enrolment: AgentEnrolment, _ bundle: [UInt8]?
    ) async throws(AgentEnrolmentFault) -> AgentIdentity {
        let waiting: @Sendable (String) -> Void = { fingerprint in
            Output.line(
                "waiting for a yes on the appliance; the fingerprint there must be \(fingerprint)")
        }
        if let bundle { return try await enrolment.enrol(bundle: bundle, waiting: waiting) }
        let typed = arguments["--code"] ?? ""
        guard let code = TypedCode(typed: typed) else {
            throw AgentEnrolmentFault(
                "That is no code: it has \(TypedCode.length) letters and digits.")
        }
        guard let server = AgentServer(arguments["--server"] ?? "") else {
            throw AgentEnrolmentFault("--server wants an address like https://10.0.0.5:8443")
        }
        return try await enrolment.enrol(code: code, at: [server], waiting: waiting)
    }
}

/// `lineside agent csr`: for a device without any connection to the appliance.
struct AgentRequest: Command {
    static let name = "agent csr"
    static let synopsis = "FILE"
    static let summary = "Writes a request that somebody carries to the appliance."
    static let details = """
          --state DIR  where the device keeps what it needs (\(AgentPaths.defaultState))
        """

    private let arguments: Arguments

    init(_ arguments: [String]) throws(UsageError) {
        self.arguments = try Arguments(
            arguments, options: [.init("--state", "DIR")], words: 1...1)
    }

    func run() throws {
        let state = try AgentOption.open(arguments)
        let loops = try EventLoopGroup(count: 1)
        do throws(AgentEnrolmentFault) {
            let text = try AgentEnrolment(AgentPaths(state.paths.root), loops: loops).requestFile()
            AgentOption.becomeCaller()
            do throws(SystemError) {
                try Files.replace(arguments.words[0], with: Array(text.utf8))
            } catch { throw AgentEnrolmentFault("\(error)") }
        } catch { throw CommandFailure(error.description) }
        _ = consume state
    }
}

/// `lineside agent import`: the answer to such a request.
struct AgentImport: Command {
    static let name = "agent import"
    static let synopsis = "FILE"
    static let summary = "Takes the appliance's answer to the request of 'agent csr'."
    static let details = """
          --authority F  refuse it unless the site's authority has this fingerprint
          --state DIR    where the device keeps what it needs (\(AgentPaths.defaultState))
        """

    private let arguments: Arguments

    init(_ arguments: [String]) throws(UsageError) {
        self.arguments = try Arguments(
            arguments, options: [.init("--authority", "F"), .init("--state", "DIR")], words: 1...1)
    }

    func run() throws {
        let answer: [UInt8]
        do throws(AgentEnrolmentFault) {
            answer = try AgentOption.read(arguments.words[0], limit: 65_536)
        } catch { throw CommandFailure(error.description) }
        let state = try AgentOption.open(arguments)
        let loops = try EventLoopGroup(count: 1)
        let identity: AgentIdentity
        do throws(AgentEnrolmentFault) {
            identity = try AgentEnrolment(AgentPaths(state.paths.root), loops: loops)
                .take(answer: answer, authority: arguments["--authority"])
        } catch { throw CommandFailure(error.description) }
        _ = consume state
        Output.line("enrolled as \(identity.name) (\(identity.device))")
        for fingerprint in AgentEnrolment.authorities(of: identity) {
            Output.line("the site's authority has the fingerprint \(fingerprint)")
        }
    }
}

extension AgentOption {
    /// As whom it belongs to: what root would make there the agent, which is not root where a
    /// package installed it, could not read.
    static func open(_ arguments: Arguments) throws(CommandFailure) -> StateDirectory {
        let path = try state(arguments)
        var information = stat()
        if geteuid() == 0, lstat(path, &information) == 0, information.st_uid != 0 {
            guard setegid(information.st_gid) == 0, seteuid(information.st_uid) == 0 else {
                throw CommandFailure("\(SystemError("become the owner of \(path)"))")
            }
        }
        return try StateDirectory.open(path)
    }

    /// Root again, where the caller is.
    static func becomeCaller() {
        _ = seteuid(getuid())
        _ = setegid(getgid())
    }

    static func read(_ path: String, limit: Int) throws(AgentEnrolmentFault) -> [UInt8] {
        do throws(SystemError) { return try Files.read(path, limit: ByteCount(limit)) } catch {
            throw AgentEnrolmentFault("\(error)")
        }
    }
}
