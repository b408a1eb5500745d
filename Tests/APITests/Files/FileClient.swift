import API
import Basics
import Domain
import HTTP
import LinesideTesting
import Site
import Store
import Testing

/// Calls the files area of one instance as a script would.
struct FileClient {
    let house: InstanceHouse
    let instance: Instance
    let client: HouseFixture.Client
    /// Where the flows of the instance write.
    let root: String

    init(_ house: InstanceHouse, as client: HouseFixture.Client? = nil) async throws {
        self.house = house
        self.client = client ?? house.admin
        let made = try await house.create("Press")
        let id = try #require(made.json["id"]?.string.flatMap(Instance.ID.init), "\(made.text)")
        instance = try await house.house.stores.instances.get(id)
        let layout = InstanceLayout(state: house.state, instance.id)
        try layout.makeDirectories()
        root = layout.files
    }

    struct Answer {
        let status: Int
        let headers: Headers
        let text: String
        var json: JSONValue { (try? JSONReader.read(Array(text.utf8))) ?? .null }
        subscript(key: String) -> JSONValue { json[key] ?? .null }
    }

    /// - Parameter path: in the area; `nil` names none.
    func call(
        _ method: HTTP.Method, _ what: String = "files/content", _ path: String? = nil,
        headers: [(String, String)] = [], body: String = ""
    ) async throws -> Answer {
        let query = path.map { "?path=\(PercentCoding.encode($0))" } ?? ""
        let request = try GatewayFixture.request(
            method, "/api/v1/instances/\(instance.id)/\(what)\(query)", port: 8443,
            client.headers + headers, body: body)
        return try await Self.answer(house.house.dispatcher.answer(request))
    }

    /// What a client sees of it.
    static func answer(_ response: Response) async throws -> Answer {
        let parts = PartList()
        if case .full(_, _, .bytes(let bytes)) = response { parts.add(bytes) }
        if case .stream(_, _, _, let write) = response {
            try await write(
                ResponseWriter { (bytes) async throws(StreamFault) in parts.add(bytes) })
        }
        return Answer(
            status: response.status ?? 0, headers: response.headers,
            text: String(decoding: parts.bytes, as: UTF8.self))
    }

    func put(
        _ path: String, _ body: String, _ headers: [(String, String)] = []
    ) async throws -> Answer {
        try await call(.put, path: path, headers: headers, body: body)
    }

    func call(
        _ method: HTTP.Method, path: String, headers: [(String, String)] = [], body: String = ""
    ) async throws -> Answer {
        try await call(method, "files/content", path, headers: headers, body: body)
    }

    func post(_ what: String, _ body: JSONValue) async throws -> Answer {
        try await call(
            .post, what, headers: [(Header.contentType, "application/json")],
            body: String(decoding: body.json, as: UTF8.self))
    }

    func list(_ path: String = "") async throws -> Answer { try await call(.get, "files", path) }
}
