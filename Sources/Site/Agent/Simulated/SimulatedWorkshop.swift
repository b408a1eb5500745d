import Basics
import Crypto
import Domain
import HTTP
import Net

/// What all simulated devices share: settings, counters, and the way to contents.
final class SimulatedWorkshop: Sendable {
    enum Outcome: Sendable {
        case runs(SimulatedStore.Running)
        case failed(SimulatedStore.Running, String)
        /// To be tried again.
        case unreachable(String)
    }

    private struct Trouble: Error { let sentence: String }

    let settings: SimulationSettings
    let tally: SimulationTally
    let connecting: Gate
    let mqttTLS: TLSClientConfiguration
    private let httpTLS: TLSClientConfiguration
    private let fetching: Gate
    private let client: HTTPClient
    private let disk = SimulatedDisk()

    init(
        _ settings: SimulationSettings, _ tally: SimulationTally, authorities: [UInt8],
        loops: EventLoopGroup
    ) throws(NetError) {
        self.settings = settings
        self.tally = tally
        connecting = Gate(settings.connecting)
        fetching = Gate(settings.fetching)
        let trust = TLSTrust.site(.authorities(authorities))
        mqttTLS = try TLSClientConfiguration(trust: trust, protocols: ["lineside-mqtt/1"])
        httpTLS = try TLSClientConfiguration(trust: trust, protocols: ["lineside-http/1"])
        client = HTTPClient(group: loops, maxIdle: 1, idleLimit: .seconds(1))
    }

    /// Brings what the document names into the device's store, checks it, and lets it run.
    func apply(
        _ revision: Int64, _ given: DesiredDocument?, on device: SimulatedDevice
    ) async -> Outcome {
        await fetching.enter()
        defer { fetching.leave() }
        do throws(Trouble) {
            let upstream = Upstream.tls(
                host: settings.host, port: settings.port,
                ConnectTLS(httpTLS, name: settings.host, identity: device.tls))
            var document = given
            if document == nil { document = try await desired(over: upstream) }
            guard let document else { throw Trouble(sentence: "there is no document") }
            if let content = document.snapshot {
                try await fetch(content, document.inline, into: device.store, over: upstream)
            }
            var kept = await disk.running(device.store)
            if settings.isChosen(device.number, percent: settings.failPercent, salt: 1) {
                kept.failed = document.revision
                try await keep(kept, device.store)
                return .failed(kept, "The simulated flows did not start.")
            }
            device.switching(document.revision)
            if settings.latency > .zero { try? await Task.sleep(for: settings.latency) }
            kept = .init(revision: document.revision, snapshot: document.snapshot?.id)
            try await keep(kept, device.store)
            return .runs(kept)
        } catch { return .unreachable(error.sentence) }
    }

    private func keep(
        _ running: SimulatedStore.Running, _ store: SimulatedStore
    ) async throws(Trouble) {
        do throws(SystemError) { try await disk.keep(running, store) } catch {
            throw Trouble(sentence: "\(error)")
        }
    }

    private func desired(over upstream: Upstream) async throws(Trouble) -> DesiredDocument {
        let body = try await ask(.get, "/api/agent/v1/desired", over: upstream)
        do throws(AgentProtocolFault) { return try DesiredDocument.read(body) } catch {
            throw Trouble(sentence: error.reason)
        }
    }

    /// Trees, which hold Node-RED itself and its packages, are left out.
    private func fetch(
        _ content: DesiredDocument.Content, _ inline: [ContentAddress: [UInt8]],
        into store: SimulatedStore, over upstream: Upstream
    ) async throws(Trouble) {
        for (address, file) in inline { try await put(file, address, store) }
        let manifest = try await bring(content.manifest, into: store, over: upstream)
        guard let object = try? JSONReader.read(manifest, limit: manifest.count, values: 20_000),
            let flows = object["flows"]?["digest"]?.string.flatMap(ContentAddress.init(hex:))
        else { throw Trouble(sentence: "the manifest names no flows") }
        _ = try await bring(flows, into: store, over: upstream)
    }

    private func bring(
        _ address: ContentAddress, into store: SimulatedStore, over upstream: Upstream
    ) async throws(Trouble) -> [UInt8] {
        if let here = await disk.content(address, store) { return here }
        let list = try await ask(
            .get, "/api/agent/v1/contents/\(address.hex)", over: upstream)
        let chunks = (try? JSONReader.read(list, limit: list.count, values: 40_000))?["chunks"]?
            .array?.compactMap { $0["digest"]?.string.flatMap(ContentAddress.init(hex:)) }
        guard let chunks, !chunks.isEmpty else { throw Trouble(sentence: "a list of no chunks") }
        var missing: [ContentAddress] = []
        for chunk in chunks where !missing.contains(chunk) {
            if await disk.content(chunk, store) == nil { missing.append(chunk) }
        }
        while !missing.isEmpty {
            let batch = Array(missing.prefix(256))
            missing.removeFirst(batch.count)
            try await bring(batch, store, over: upstream)
        }
        let isWhole: Bool
        do throws(SystemError) { isWhole = try await disk.join(chunks, address, store) } catch {
            throw Trouble(sentence: "\(error)")
        }
        guard isWhole, let bytes = await disk.content(address, store) else {
            throw Trouble(sentence: "the chunks do not make \(address.hex)")
        }
        return bytes
    }

    /// `[digest 32][length 4][file]…`
    private func bring(
        _ chunks: [ContentAddress], _ store: SimulatedStore, over upstream: Upstream
    ) async throws(Trouble) {
        var json = JSONWriter()
        json.object { json in json.field("digests", chunks.map(\.hex)) }
        let answer = try await ask(
            .post, "/api/agent/v1/chunks", json: json.bytes, over: upstream)
        var rest = answer[...]
        for chunk in chunks {
            guard rest.count >= 36 else { throw Trouble(sentence: "an answer cut short") }
            let head = Array(rest.prefix(36))
            let length = head[32...].reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(36)
            guard ContentAddress(digest: Array(head.prefix(32))) == chunk, rest.count >= length
            else { throw Trouble(sentence: "another chunk than was asked for") }
            try await put(Array(rest.prefix(length)), chunk, store)
            rest = rest.dropFirst(length)
        }
    }

    private func put(
        _ file: [UInt8], _ address: ContentAddress, _ store: SimulatedStore
    ) async throws(Trouble) {
        let isIt: Bool
        do throws(SystemError) { isIt = try await disk.receive(file, address, store) } catch {
            throw Trouble(sentence: "\(error)")
        }
        guard isIt else { throw Trouble(sentence: "a damaged chunk") }
        tally.note { $0.fetchedBytes += file.count }
    }

    private func ask(
        _ method: HTTP.Method, _ path: String, json: [UInt8]? = nil, over upstream: Upstream
    ) async throws(Trouble) -> [UInt8] {
        var headers = Headers()
        if json != nil { headers.add(Header.contentType, "application/json") }
        let answer: ClientResponse
        do throws(ClientFault) {
            answer = try await client.send(
                method, path, headers: headers, body: json, to: upstream, timeout: .seconds(60))
        } catch { throw Trouble(sentence: "\(path): \(error)") }
        guard answer.head.status == 200 else {
            throw Trouble(sentence: "\(path): status \(answer.head.status)")
        }
        return answer.body
    }
}

/// Files of all stores, on threads that may wait.
private actor SimulatedDisk {
    private let executor = BlockingExecutor(label: "simulated-disk")
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    func running(_ store: SimulatedStore) -> SimulatedStore.Running { store.running() }

    func keep(
        _ running: SimulatedStore.Running, _ store: SimulatedStore
    ) throws(SystemError) { try store.keep(running) }

    func content(_ address: ContentAddress, _ store: SimulatedStore) -> [UInt8]? {
        store.content(address)
    }

    func receive(
        _ file: [UInt8], _ address: ContentAddress, _ store: SimulatedStore
    ) throws(SystemError) -> Bool { try store.receive(file, as: address) }

    func join(
        _ chunks: [ContentAddress], _ address: ContentAddress, _ store: SimulatedStore
    ) throws(SystemError) -> Bool { try store.join(chunks, as: address) }
}
