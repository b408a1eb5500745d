package import Basics
package import Domain

/// The record of the transaction and the documents that it speaks of, on the disk.
package struct AgentJournal: Sendable {
    private let paths: AgentPaths
    private let log = Log("agent")

    package init(_ paths: AgentPaths) { self.paths = paths }

    /// A journal that is damaged twice counts as none: what lies in the slots is left alone, and the
    /// next desired document puts things right.
    package func load() -> TransactionRecord {
        let file = SealedFile(path: paths.journal)
        guard let bytes = file.read(), let record = try? TransactionRecord.read(bytes) else {
            if file.exists { log.error("the journal is damaged; the device starts afresh") }
            return TransactionRecord()
        }
        return record
    }

    package func save(_ record: TransactionRecord) throws(SystemError) {
        try SealedFile(path: paths.journal).write(record.bytes)
    }

    /// `nil` before the first document.
    package func standing() -> AgentStanding? {
        SealedFile(path: paths.standing).read().flatMap { try? AgentStanding.read($0) }
    }

    package func save(_ standing: AgentStanding) throws(SystemError) {
        try SealedFile(path: paths.standing).write(standing.bytes)
    }

    package func document(_ revision: Int64) -> DesiredDocument? {
        guard revision > 0 else { return nil }
        return SealedFile(path: paths.document(revision)).read()
            .flatMap { try? DesiredDocument.read($0) }
    }

    /// Without the chunks that came along: they are in the vault by then.
    package func save(_ document: DesiredDocument) throws(SystemError) {
        var bare = document
        bare.inline = [:]
        try SealedFile(path: paths.document(document.revision)).write(bare.bytes)
    }

    package func manifest(_ revision: Int64) -> AgentManifest? {
        SealedFile(path: "\(paths.documents)/\(revision).manifest").read()
            .flatMap { try? AgentManifest($0) }
    }

    package func save(manifest: [UInt8], of revision: Int64) throws(SystemError) {
        try SealedFile(path: "\(paths.documents)/\(revision).manifest").write(manifest)
    }

    /// The record too; what lies in the slots is not its business.
    package func forgetAll() {
        for path in [paths.journal, paths.standing] { SealedFile(path: path).remove() }
        keep([])
    }

    /// Removes all documents but these.
    package func keep(_ revisions: Set<Int64>) {
        for name in (try? Files.list(paths.documents)) ?? [] {
            let number = name.prefix { $0 != "." }
            guard let revision = Int64(number), !revisions.contains(revision) else { continue }
            try? Files.removeTree("\(paths.documents)/\(name)")
        }
    }
}
