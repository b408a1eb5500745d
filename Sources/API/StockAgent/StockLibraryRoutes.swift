import Basics
import Domain
import HTTP
import Site
package import Store

/// The team's library, as FlowFuse's plugin in Node-RED reads and writes it.
package struct StockLibraryRoutes: Resource {
    private let library: LibraryStore

    package init(library: LibraryStore) { self.library = library }

    package var routes: [Route] {
        [
            .raw(
                .get, "/storage/library/{team}/", .device, "List the team's library",
                query: ["type"], read),
            .raw(
                .get, "/storage/library/{team}/{path...}", .device,
                "List a folder of the team's library, or read an entry", query: ["type"], read),
            .raw(
                .post, "/storage/library/{team}/{path...}", .device,
                "Keep an entry in the team's library", write),
        ]
    }

    /// Folders are texts, entries objects with `fn`.
    private func read(_ context: RequestContext) async throws(Problem) -> Response {
        let team: Team.ID = try context.id("team")
        let type = context.query("type") ?? "flows"
        let path = try Self.path(context.parameter("path"), isFolder: true)
        if !path.isEmpty, !path.hasSuffix("/") {
            let entry = try await stored { () async throws(StoreError) in
                try await library.find(path, type: type, of: team)
            }
            if let entry {
                return .bytes(
                    entry.body,
                    type: type == "flows" ? "application/json" : "text/plain; charset=utf-8")
            }
        }
        let folder = path.isEmpty || path.hasSuffix("/") ? path : "\(path)/"
        let entries = try await stored { () async throws(StoreError) in
            try await library.list(below: folder, type: type, of: team)
        }
        return .bytes(Self.listing(entries, folder), type: "application/json")
    }

    private static func listing(_ entries: [LibraryStore.Entry], _ folder: String) -> [UInt8] {
        var folders: [String] = []
        var json = JSONWriter()
        json.array { json in
            for entry in entries {
                let rest = entry.path.dropFirst(folder.count)
                if let slash = rest.firstIndex(of: "/") {
                    let name = String(rest[..<slash])
                    if folders.last != name { folders.append(name) }
                    continue
                }
                var shown = JSONObject([("fn", .string(String(rest)))])
                for (key, value) in (try? JSONReader.read(entry.meta))?.object?.members ?? []
                where key != "fn" && key != "type" {
                    shown[key] = value
                }
                shown["type"] = .string(entry.type)
                json.value(shown)
            }
            for name in folders { json.value(name) }
        }
        return json.bytes
    }

    /// 5 MB: what the device's editor may send.
    private func write(_ context: RequestContext) async throws(Problem) -> Response {
        let team: Team.ID = try context.id("team")
        let body = try await context.jsonBody(limit: .mebibytes(5))
        let path = try Self.path(context.parameter("path"), isFolder: false)
        guard let type = body["type"]?.string, (1...64).contains(type.utf8.count) else {
            throw .malformed("The type of the entry is missing.")
        }
        let value = body["body"] ?? .null
        let meta = (body["meta"]?.object ?? JSONObject()).json
        guard meta.count <= 16_384 else { throw .invalid("meta", "is too large") }
        let entry = LibraryStore.Entry(
            type: type, path: path, meta: meta,
            body: value.string.map { Array($0.utf8) } ?? value.json)
        do throws(StoreError) {
            try await library.put(entry, in: team, by: context.actor)
        } catch .conflict(let text) { throw .malformed(text) } catch { throw Problem(error) }
        return .empty(201)
    }

    private static func path(_ text: String, isFolder: Bool) throws(Problem) -> String {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let named = isFolder && parts.last == "" ? parts.dropLast() : parts[...]
        guard text.utf8.count <= 512, isFolder || !text.isEmpty,
            text.isEmpty || named.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }),
            text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
        else { throw .malformed("This is no path of a library.") }
        return text
    }
}
