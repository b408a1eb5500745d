import HTTP
import Testing

@Suite("Route tree") struct RouteTreeTests {
    private var tree: RouteTree<String> {
        var tree = RouteTree<String>()
        tree.add(.get, "/", "root")
        tree.add(.get, "/api/v1/devices", "list")
        tree.add(.post, "/api/v1/devices", "create")
        tree.add(.get, "/api/v1/devices/{device}", "show")
        tree.add(.patch, "/api/v1/devices/{device}", "rename")
        tree.add(.get, "/api/v1/devices/{device}/log", "log")
        tree.add(.get, "/api/v1/devices/all", "all")
        tree.add(.get, "/files/{rest...}", "files")
        tree.add(.get, "/files/list", "fileList")
        return tree
    }

    private func match(_ method: HTTP.Method, _ path: String) throws -> String {
        switch tree.match(method, try RequestTarget(path)) {
        case .found(let value, let parameters):
            let text = parameters.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }
            return value + text.joined()
        case .notFound: return "404"
        case .methodNotAllowed(let methods):
            return "405 " + methods.map(\.text).joined(separator: ",")
        case .malformed: return "400"
        }
    }

    @Test(
        "Requests find their routes",
        arguments: [
            ("/", "root"), ("/?x=1", "root"),
            ("/api/v1/devices", "list"), ("/api/v1/devices?x", "list"),
            ("/api/v1/devices/press%204", "show device=press 4"),
            ("/api/v1/devices/all", "all"),
            ("/api/v1/devices/all/log", "log device=all"),
            ("/api/v1/devices/", "404"), ("/api/v1/devices//log", "400"),
            ("/api/v1/devices/a%2Flog", "400"), ("/api/v1/devices/x/y", "404"),
            ("/API/v1/devices", "404"), ("/api", "404"),
            ("/files/a", "files rest=a"), ("/files/a/b/", "files rest=a/b/"),
            ("/files/list", "fileList"), ("/files/", "404"), ("/files", "404"),
        ])
    func finds(path: String, expected: String) throws {
        #expect(try match(.get, path) == expected)
    }

    @Test("A wrong method is told the right ones, and HEAD goes where GET goes")
    func methods() throws {
        #expect(try match(.put, "/api/v1/devices") == "405 GET,HEAD,POST")
        #expect(try match(.delete, "/api/v1/devices/all") == "405 GET,HEAD,PATCH")
        #expect(try match(.patch, "/api/v1/devices/all") == "rename device=all")
        #expect(try match(.head, "/api/v1/devices") == "list")
        #expect(try match(.other("get"), "/") == "405 GET,HEAD")
    }
}
