import Basics
import Testing

@Suite("Configuration") struct ConfigurationTests {
    func faults(_ text: String) -> String {
        do throws(ConfigurationFault) {
            _ = try Configuration(yaml: Array(text.utf8))
            return ""
        } catch { return error.description }
    }

    /// The file that the package installs, found from where this source lies.
    func shippedFile() throws -> [UInt8] {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return try Files.read("/\(root)/appliance/config/lineside.yaml")
    }

    @Test("An empty file means the defaults")
    func empty() throws {
        #expect(try Configuration(yaml: []) == Configuration())
        #expect(try Configuration(yaml: Array("# only a comment\n".utf8)) == Configuration())
        #expect(try Configuration(yaml: Array("listen:\n".utf8)) == Configuration())
    }

    @Test("The shipped file says the defaults")
    func shipped() throws {
        #expect(try Configuration(yaml: shippedFile()) == Configuration())
    }

    @Test("The shipped file names every key that there is")
    func shippedKeys() throws {
        var named: Set<String> = []
        func collect(_ node: YAMLNode, _ prefix: String) {
            guard case .mapping(let entries) = node.content else {
                named.insert(prefix)
                return
            }
            for entry in entries {
                collect(entry.value, prefix.isEmpty ? entry.key : "\(prefix).\(entry.key)")
            }
        }
        collect(try YAMLReader.read(shippedFile()), "")
        #expect(named == Set(Configuration.keys.map(\.path)))
    }

    @Test("Values replace defaults")
    func values() throws {
        let text = """
            state: /srv/lineside
            names: [Plant.Example, 10.20.0.5, "fd00::5"]
            listen: {addresses: [127.0.0.1], platform: 443, broker: 0}
            instances:
              defaultMemoryMB: 1024
              practice: true
            log: {level: warning}
            """
        let configuration = try Configuration(yaml: Array(text.utf8))
        #expect(configuration.state == "/srv/lineside")
        #expect(configuration.names == ["plant.example", "10.20.0.5", "fd00::5"])
        #expect(configuration.listen.addresses == ["127.0.0.1"])
        #expect(configuration.listen.platform == 443)
        #expect(configuration.listen.editors == Configuration().listen.editors)
        #expect(configuration.listen.broker == 0)
        #expect(configuration.instances.defaultMemoryMB == 1024)
        #expect(configuration.instances.practice)
        #expect(configuration.logLevel == .warning)
    }

    @Test(
        "What is wrong is named with its line",
        arguments: [
            ("state: /a\nlisen: {}", "line 2: there is no key 'lisen'; did you mean 'listen'?"),
            (
                "listen:\n  platfrom: 1",
                "line 2: there is no key 'listen.platfrom'; did you mean 'listen.platform'?"
            ),
            ("platform: 1", "line 1: there is no key 'platform'; did you mean 'listen.platform'?"),
            ("wholly-else: 1", "line 1: there is no key 'wholly-else'"),
            ("state: /a\nstate: /b", "line 2: 'state' stands here again, after line 1"),
            (
                "listen:\n  pages: many",
                "line 2: 'listen.pages' must be a whole number from 0 to 65535"
            ),
            (
                "listen:\n  pages: \"8445\"",
                "line 2: 'listen.pages' must be a whole number from 0 to 65535"
            ),
            ("listen: [1]", "line 1: 'listen' is a group of keys, not a list"),
            ("names: plant", "line 1: 'names' must be a list, as in [one, two]"),
            (
                "names:\n  - a\n  - b c",
                "line 3: each entry of 'names' must be a host name or address"
            ),
            (
                "listen: {addresses: [localhost]}",
                "line 1: each entry of 'listen.addresses' must be an IP address"
            ),
            (
                "listen: {addresses: []}",
                "line 1: 'listen.addresses' must name at least one address"
            ),
            ("state: var", "line 1: 'state' must be the absolute path of a directory"),
            ("\nstate:\n", "line 2: 'state' has no value; without the line the default holds"),
            (
                "instances:\n  practice: yes",
                "line 2: 'instances.practice' must be one of true, false"
            ),
            (
                "log: {level: loud}",
                "line 1: 'log.level' must be one of debug, info, notice, warning, error"
            ),
            (
                "listen:\n  editors: 8443",
                "line 2: 'listen.editors' and 'listen.platform' are both 8443"
            ),
            ("state: &x /a", "line 1: anchors (&name) are not used here"),
            ("state: *x", "line 1: aliases (*name) are not used here"),
            ("listen: !!map {}", "line 1: anchors and tags are not used here"),
            ("state: /a\n---\nstate: /b", "line 3: a second document begins here"),
            ("? [a]\n: b", "line 1: a key must be a word"),
            ("- a", "line 1: a key and its value are expected here"),
        ])
    func wrong(text: String, sentence: String) {
        #expect(faults(text) == sentence)
    }

    @Test("All that is wrong is told at once, in the order of the lines")
    func several() {
        let told = faults("stat: /a\nnames: 1\nlog: {level: x}")
        #expect(told.split(separator: "\n").map { $0.prefix(6) } == ["line 1", "line 2", "line 3"])
    }

    @Test("Text that is no YAML ends in a sentence, never in a default")
    func hostile() {
        let deep = String(repeating: "[", count: 5_000)
        for text in ["state: [", "\tstate: /a", "a: b: c", "\u{0}", "names: \(deep)", "\"x"] {
            #expect(faults(text).hasPrefix("line "), "\(text.prefix(20))")
        }
        do throws(ConfigurationFault) {
            _ = try Configuration(yaml: Array("state: /a\nnames: [".utf8) + [0xFF, 0xFE, 0xC3])
            Issue.record("bytes that are no UTF-8 were taken")
        } catch { #expect(error.faults.first?.line == 2) }
    }

    @Test("A file that was named must be there, the usual one need not")
    func missing() throws {
        #expect(throws: ConfigurationFault.self) {
            try Configuration.load("/nonexistent/lineside.yaml")
        }
    }

    @Test("Moving the ports keeps their order, and 0 frees them all")
    func ports() {
        var configuration = Configuration()
        configuration.movePorts(to: 9000)
        #expect(configuration.listen.broker == 9003)
        configuration.movePorts(to: 0)
        #expect(configuration.listen.pages == 0)
    }
}
