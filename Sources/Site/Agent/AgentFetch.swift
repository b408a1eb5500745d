import Basics
import Crypto
package import Domain
import HTTP

/// Why a snapshot did not come.
package enum AgentFetchFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// To be tried again.
    case interrupted(String)
    /// Trying again helps nothing.
    case impossible(String)

    package var description: String {
        switch self {
        case .interrupted(let text), .impossible(let text): text
        }
    }

    init(_ fault: VaultFault) {
        switch fault {
        case .full: self = .interrupted(SystemError.full.diskSentence)
        case .damaged: self = .interrupted("A part came damaged.")
        case .system(let error) where error.isPassing: self = .interrupted(error.diskSentence)
        case .missing, .tooLarge, .system: self = .impossible("\(fault)")
        }
    }

    init(_ fault: AgentUplinkFault) {
        self = fault.isPassing ? .interrupted("\(fault)") : .impossible("\(fault)")
    }
}

/// Brings the chunks that a device lacks from the appliance's vault into its own. What has come
/// stays: after a cut it goes on with the rest.
package struct AgentFetch: Sendable {
    /// Chunks in one request.
    private static let mostChunks = 256
    /// Bytes of content in one request: so much is held in memory.
    private static let batch = 2 << 20

    package typealias Progress = @Sendable (_ done: Int64, _ of: Int64) async -> Void

    private struct Part {
        let content: ContentAddress
        let size: Int
        let chunks: [(address: ContentAddress, length: Int)]
    }

    private let uplink: any AgentSource
    private let vault: Vault
    private let disk: AgentDisk

    package init(from uplink: any AgentSource, into vault: Vault, on disk: AgentDisk) {
        self.uplink = uplink
        self.vault = vault
        self.disk = disk
    }

    /// Returns when everything that the snapshot names is here.
    package func fetch(
        _ content: DesiredDocument.Content, inline: [ContentAddress: [UInt8]], _ progress: Progress
    ) async throws(AgentFetchFault) {
        let given = inline.sorted { $0.key.hex < $1.key.hex }.map { ($0.key, $0.value) }
        if !given.isEmpty {
            do throws(VaultFault) { try await vault.receive(given) } catch {
                // It was meant to spare a request; what of it is wrong is asked for.
                if case .full = error { throw AgentFetchFault(error) }
            }
        }
        try await bring([content.manifest], progress)
        let manifest = try await manifest(of: content)
        try await bring(manifest.contents, progress)
    }

    package func manifest(
        of content: DesiredDocument.Content
    ) async throws(AgentFetchFault) -> AgentManifest {
        let bytes: [UInt8]
        do throws(VaultFault) { bytes = try await vault.read(content.manifest) } catch {
            if case .damaged = error { await vault.discard(error.file ?? content.manifest) }
            throw AgentFetchFault.interrupted("\(error)")
        }
        do throws(AgentProtocolFault) { return try AgentManifest(bytes) } catch {
            throw .impossible("\(error)")
        }
    }

    private func bring(
        _ contents: [ContentAddress], _ progress: Progress
    ) async throws(AgentFetchFault) {
        var parts: [Part] = []
        for content in contents where await !vault.isHere(content) {
            parts.append(try await list(of: content))
        }
        guard !parts.isEmpty else { return }
        let total = parts.reduce(Int64(0)) { $0 + Int64($1.size) }
        var lacking: Int64 = 0
        for part in parts {
            let missing = Set(await vault.missing(part.chunks.map(\.address)))
            for chunk in part.chunks where missing.contains(chunk.address) {
                lacking += Int64(chunk.length)
            }
        }
        if let refusal = disk.refusal(of: lacking) { throw .interrupted(refusal) }
        var done: Int64 = 0
        for part in parts {
            let missing = Set(await vault.missing(part.chunks.map(\.address)))
            var seen: Set<ContentAddress> = []
            var wanted: [(address: ContentAddress, length: Int)] = []
            for chunk in part.chunks {
                if missing.contains(chunk.address), seen.insert(chunk.address).inserted {
                    wanted.append(chunk)
                } else {
                    done += Int64(chunk.length)
                }
            }
            await progress(done, total)
            while !wanted.isEmpty {
                var size = 0
                let count = wanted.prefix(Self.mostChunks).prefix { chunk in
                    size += chunk.length
                    return size <= Self.batch || size == chunk.length
                }.count
                let batch = Array(wanted.prefix(count))
                wanted.removeFirst(count)
                try await bring(batch)
                done += batch.reduce(Int64(0)) { $0 + Int64($1.length) }
                await progress(done, total)
            }
            guard part.chunks.count != 1 || part.chunks[0].address != part.content else { continue }
            do throws(VaultFault) {
                try await vault.receive(list: part.chunks, of: part.content)
            } catch { throw AgentFetchFault(error) }
        }
    }

    private func list(of content: ContentAddress) async throws(AgentFetchFault) -> Part {
        let bytes: [UInt8]
        do throws(AgentUplinkFault) { bytes = try await uplink.contents(content) } catch {
            throw AgentFetchFault(error)
        }
        guard
            let object = try? JSONReader.read(bytes, limit: bytes.count, values: 80_000).object,
            let size = object["size"]?.int, (0...Int64(Vault.largestStream)).contains(size),
            let array = object["chunks"]?.array, !array.isEmpty,
            array.count <= ChunkList.mostChunks
        else { throw .interrupted("The appliance's list of chunks is none.") }
        var chunks: [(address: ContentAddress, length: Int)] = []
        for chunk in array {
            guard let address = chunk["digest"]?.string.flatMap(ContentAddress.init(hex:)),
                let length = chunk["size"]?.int, (0...size).contains(length)
            else { throw .interrupted("The appliance's list of chunks is none.") }
            chunks.append((address, Int(length)))
        }
        return Part(content: content, size: Int(size), chunks: chunks)
    }

    private func bring(
        _ chunks: [(address: ContentAddress, length: Int)]
    ) async throws(AgentFetchFault) {
        let files: [(address: ContentAddress, bytes: [UInt8])]
        do throws(AgentUplinkFault) {
            files = try await uplink.chunks(chunks.map(\.address))
        } catch { throw AgentFetchFault(error) }
        let asked = Set(chunks.map(\.address))
        let came = Set(files.map(\.address))
        guard came == asked, files.count == chunks.count else {
            throw .interrupted("The appliance sent other chunks than were asked for.")
        }
        do throws(VaultFault) { try await vault.receive(files) } catch {
            throw AgentFetchFault(error)
        }
    }

    /// Reads everything once: each chunk and each whole is what its name says. What is not is
    /// removed.
    /// - Returns: what was damaged, in one sentence; `nil` where nothing is.
    package func damage(in contents: [ContentAddress]) async -> String? {
        for content in contents {
            do throws(VaultFault) {
                let reader = try await vault.open(content)
                while try await reader.next() != nil {}
            } catch {
                await vault.discard(error.file ?? content)
                if error.file != content { await vault.discard(content) }
                return "\(error)"
            }
        }
        return nil
    }
}

/// The appliance, as far as fetching knows it.
package protocol AgentSource: Sendable {
    /// `{"size","chunks":[{"digest","size"}]}`
    func contents(_ address: ContentAddress) async throws(AgentUplinkFault) -> [UInt8]
    /// In any order.
    func chunks(
        _ addresses: [ContentAddress]
    ) async throws(AgentUplinkFault) -> [(address: ContentAddress, bytes: [UInt8])]
}

extension AgentUplink: AgentSource {
    package func contents(_ address: ContentAddress) async throws(AgentUplinkFault) -> [UInt8] {
        try await send(.get, "/api/agent/v1/contents/\(address.hex)")
    }

    package func chunks(
        _ addresses: [ContentAddress]
    ) async throws(AgentUplinkFault) -> [(address: ContentAddress, bytes: [UInt8])] {
        var json = JSONWriter()
        json.object { json in json.field("digests", addresses.map(\.hex)) }
        let bytes = try await send(
            .post, "/api/agent/v1/chunks", json: json.bytes, limit: .mebibytes(8))
        var files: [(address: ContentAddress, bytes: [UInt8])] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            guard rest.count > 36, let address = ContentAddress(digest: Array(rest.prefix(32)))
            else { throw .malformed("a chunk is cut off") }
            let length = rest.dropFirst(32).prefix(4).reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(36)
            guard length > 0, length <= rest.count else { throw .malformed("a chunk is cut off") }
            files.append((address, Array(rest.prefix(length))))
            rest = rest.dropFirst(length)
        }
        return files
    }
}
