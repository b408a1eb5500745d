import Basics
import Domain
import HTTP
import Site
import Store

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

extension SnapshotWish {
    /// Before credentials leave: who took them, and how. Without this record they stay.
    /// - Parameter text: what leaves, as a sentence begins.
    func record(
        _ kind: String, _ object: ObjectReference, _ text: String, in audit: AuditStore,
        _ context: RequestContext
    ) async throws(Problem) {
        guard passphrase != nil else { return }
        var changes = AuditChanges()
        changes.compare("format", nil, format.rawValue)
        let event = AuditEvent(
            kind: kind, object: object, teamID: context.path.team, after: changes.after,
            text: "\(text) downloaded with its credentials, under a passphrase")
        try await stored { () async throws(StoreError) in
            try await audit.record(event, by: context.actor)
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
