import Basics
import Crypto
import Glibc
import Processes
import Site

/// `lineside signer request`: asks the plant's root to sign the site's authority.
struct RequestAuthority: Command {
    static let name = "signer request"
    static let synopsis = "--state DIR"
    static let summary = "Writes a request to sign the authority of a site."
    static let isInternal = true

    private let arguments: Arguments

    init(_ arguments: [String]) throws(UsageError) {
        self.arguments = try Arguments(arguments, options: [.init("--state", "DIR")])
        guard self.arguments.has("--state") else { throw UsageError("--state is missing") }
    }

    func run() throws {
        let files = AuthorityFiles(StatePaths(try absolute(arguments["--state"] ?? "")))
        do {
            try ProcessMemory.hide()
            let request = try files.ownIssuer().issuer.requestForSuperior().pem()
            try files.note("request to sign the authority made")
            Output.text(request)
        } catch { throw CommandFailure("the request was not made: \(error)") }
    }
}

/// `lineside signer kit`: puts the authority into a recovery kit. What else belongs into it, and the
/// passphrase, comes on standard input.
struct SealKit: Command {
    static let name = "signer kit"
    static let synopsis = "--state DIR"
    static let summary = "Writes the recovery kit of a site."
    static let isInternal = true

    private let arguments: Arguments

    init(_ arguments: [String]) throws(UsageError) {
        self.arguments = try Arguments(arguments, options: [.init("--state", "DIR")])
        guard self.arguments.has("--state") else { throw UsageError("--state is missing") }
    }

    func run() throws {
        let files = AuthorityFiles(StatePaths(try absolute(arguments["--state"] ?? "")))
        do {
            try ProcessMemory.hide()
            let order = try KitOrder(json: input())
            let (issuer, key) = try files.ownIssuer()
            let kit = RecoveryKit(
                madeAt: .now(), site: order.site,
                authority: RecoveryKit.Authority(
                    key: try key.pem(), certificate: try issuer.certificate.pem(),
                    issuing: try files.issuing()?.pem()),
                recoveryKey: order.recoveryKey, revocationNumber: order.revocationNumber,
                configuration: order.configuration)
            let text = try kit.sealed(passphrase: order.passphrase)
            try files.note("recovery kit made")
            Output.text(text)
        } catch { throw CommandFailure("the recovery kit was not made: \(error)") }
    }

    private func input() throws -> JSONObject {
        // A copy: the descriptor of standard input is not ours to close.
        guard let descriptor = FileDescriptor(owning: dup(0)) else {
            throw SystemError("read standard input")
        }
        let bytes = try Files.read(
            descriptor, "standard input", limit: ByteCount(KitOrder.limit))
        guard let object = try JSONReader.read(bytes, limit: KitOrder.limit).object else {
            throw CommandFailure("standard input is no JSON object")
        }
        return object
    }
}

extension AuthorityFiles {
    /// Into the signer's record: what leaves the key's keeping is known there.
    fileprivate func note(_ event: String) throws(SystemError) {
        var journal = try SignerJournal(path: journalFile)
        try journal.record([("event", event)])
    }
}
