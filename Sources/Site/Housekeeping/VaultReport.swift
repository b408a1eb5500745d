package import Basics
package import Domain
package import Store

/// What is wrong with the vault and what it holds, as the sweep and the scrub have last seen it.
/// Kept in the settings, so that a restart forgets nothing.
package struct VaultReport: Sendable, Equatable {
    /// A file that is missing, or not what its name says.
    package struct Damage: Sendable, Equatable {
        package var digest: ContentAddress
        /// "version 12 of instance “Line 3”"; at most 20, the last one counts the others.
        package var affects: [String]
    }

    package var contents: Int
    package var contentSize: ByteCount
    /// Before the first sweep of all, as far as the registry knows.
    package var figures: VaultFigures
    package var lastScrub: Timestamp?
    package var damaged: [Damage]

    package init(reading stores: Stores) async throws(StoreError) {
        let total = try await stores.blobs.total()
        let scrub = ScrubState(text: try await stores.settings.value(ScrubState.key))
        contents = total.count
        contentSize = total.size
        figures =
            VaultFigures(text: try await stores.settings.value(VaultFigures.key))
            ?? VaultFigures(files: total.count, size: total.storedSize, blocks: total.storedSize)
        lastScrub = scrub.finishedAt
        damaged = []
        for digest in scrub.damaged.sorted(by: { $0.hex < $1.hex }).prefix(100) {
            let affects = try await stores.blobs.uses(of: scrub.contents[digest] ?? [digest])
            damaged.append(Damage(digest: digest, affects: affects))
        }
    }
}

extension VaultFigures {
    static let key = "vault.figures"

    mutating func add(_ other: VaultFigures) {
        files += other.files
        size = ByteCount(size.bytes + other.size.bytes)
        blocks = ByteCount(blocks.bytes + other.blocks.bytes)
    }

    var text: String { "\(files) \(size.bytes) \(blocks.bytes)" }

    init?(text: String?) {
        let numbers = (text ?? "").split(separator: " ").compactMap { Int($0) }
        guard numbers.count == 3 else { return nil }
        self.init(files: numbers[0], size: ByteCount(numbers[1]), blocks: ByteCount(numbers[2]))
    }
}

/// Where the scrub stands and what it has found.
struct ScrubState: Sendable, Equatable {
    static let key = "vault.scrub"
    /// Found at most; a disk with more is lost.
    static let most = 1_000

    /// The last file that was looked at; `nil` before the first.
    var place: ContentAddress?
    var startedAt: Timestamp?
    var finishedAt: Timestamp?
    var damaged: Set<ContentAddress> = []
    /// The contents that a damaged file is a part of, or that it is; at most 100 each.
    var contents: [ContentAddress: [ContentAddress]] = [:]

    init() {}

    init(text: String?) {
        guard let text, let json = try? JSONReader.read(Array(text.utf8)).object else { return }
        place = json["place"]?.string.flatMap(ContentAddress.init(hex:))
        startedAt = json["startedAt"]?.string.flatMap(Timestamp.init(rfc3339:))
        finishedAt = json["finishedAt"]?.string.flatMap(Timestamp.init(rfc3339:))
        for (name, value) in json["damaged"]?.object?.members ?? [] {
            guard let digest = ContentAddress(hex: name) else { continue }
            damaged.insert(digest)
            contents[digest] = (value.array ?? []).compactMap {
                $0.string.flatMap(ContentAddress.init(hex:))
            }
        }
    }

    var text: String {
        var json = JSONWriter()
        json.object { json in
            json.field("place", place?.hex)
            json.field("startedAt", startedAt)
            json.field("finishedAt", finishedAt)
            json.object("damaged") { json in
                for digest in damaged.sorted(by: { $0.hex < $1.hex }) {
                    json.field(digest.hex, (contents[digest] ?? []).map(\.hex))
                }
            }
        }
        return String(decoding: json.bytes, as: UTF8.self)
    }
}
