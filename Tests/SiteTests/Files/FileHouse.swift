import Basics
import Domain
import Glibc
import HTTP
import LinesideTesting
import Store
import Testing

@testable import Site

/// An instance with a files area, beside a secret that nobody may reach through it.
struct FileHouse {
    let directory: TemporaryDirectory
    let stores: Stores
    let keeper: FilesKeeper
    let instance: Instance
    let secret: String

    init(
        quotaMB: Int = 1,
        freeSpace: @escaping @Sendable (String) -> UInt64 = StartPreparation.freeSpace
    ) async throws {
        directory = try TemporaryDirectory()
        stores = try await Stores.inMemory()
        let made = try await stores.newInstance("Press")
        var settings = made.settings
        settings.filesQuotaMB = quotaMB
        instance = try await stores.instances.update(
            made.id, InstanceStore.Change(settings: settings), by: .site)
        keeper = FilesKeeper(state: directory.path, stores: stores, freeSpace: freeSpace)
        secret = "\(directory.path)/secret"
        try Files.replace(secret, with: Array("the key".utf8))
        try area.prepare()
    }

    var area: FileArea { keeper.area(instance.id) }
    /// Where the flows of the instance write.
    var root: String { area.layout.files }

    func path(_ text: String) throws -> FilePath { try FilePath(validating: text) }

    /// As a flow would.
    func write(_ name: String, _ text: String) throws {
        try Files.makeDirectory(Files.parent(of: "\(root)/\(name)"))
        guard let file = FileDescriptor(owning: creat("\(root)/\(name)", 0o600)) else {
            throw SystemError("create \(name)")
        }
        try Files.write(Array(text.utf8), to: file, name)
    }

    func text(_ name: String) -> String? {
        (try? Files.read("\(root)/\(name)")).map { String(decoding: $0, as: UTF8.self) }
    }

    func upload(
        _ bytes: [UInt8], _ name: String, _ condition: FilesKeeper.Condition = .always
    ) async throws(FileFault) -> (item: FileItem, isNew: Bool) {
        guard let path = try? FilePath(validating: name) else { throw .notFound(.root) }
        return try await keeper.upload(
            RequestBody(bytes), to: path, of: instance, condition, by: .site)
    }

    /// Names that wait in the passage: none, unless something is under way.
    var leftovers: [String] { (try? Files.list(area.layout.passage)) ?? [] }

    func events() async throws -> [AuditEntry] {
        try await stores.audit.list(AuditStore.Filter(kind: "files")).items
    }
}

/// What it throws, or `nil`.
func fault<Value>(
    _ body: () async throws(FileFault) -> Value
) async -> FileFault? {
    do throws(FileFault) {
        _ = try await body()
        return nil
    } catch { return error }
}
