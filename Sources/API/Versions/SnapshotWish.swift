import Basics
import Domain
import HTTP
import Site

/// How somebody wants to download a snapshot or a version.
struct SnapshotWish {
    let format: SnapshotFormat
    /// `nil` for no credentials.
    let passphrase: String?

    /// - Throws: `.forbidden` where credentials are wanted by somebody who may only read.
    init(_ context: RequestContext) throws(Problem) {
        if let text = context.query("format") {
            guard let format = SnapshotFormat(rawValue: text) else {
                throw .invalid("format", "must be lineside, flowfuse or flows")
            }
            self.format = format
        } else {
            format = .lineside
        }
        passphrase = context.request.headers[SnapshotRoutes.passphraseHeader]
        if passphrase != nil, !context.caller.may(.snapshotEdit, at: context.path) {
            throw .forbidden("Downloading credentials needs the right to change snapshots.")
        }
    }
}

extension RequestContext {
    /// Who brings credentials into an instance of theirs can read them there: from another
    /// application that takes what downloading them takes.
    func mayTakeCredentials(from path: ScopePath) -> Bool {
        self.path.application == path.application || caller.may(.snapshotEdit, at: path)
    }
}

extension Problem {
    static var noForeignCredentials: Problem {
        .forbidden(
            "It holds credentials: to take it from another application needs the right to change "
                + "snapshots there.")
    }
}
