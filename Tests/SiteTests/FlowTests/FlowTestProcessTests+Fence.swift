import Basics
import Domain
import Glibc
import LinesideTesting
import Processes
import Site
import Testing

/// What a flow under test finds of the appliance beside its files.
extension FlowTestProcessTests {
    /// As the admin socket is: who gets through as our user is the site.
    private func listen(_ path: String) throws -> FileDescriptor {
        let stream = Int32(SOCK_STREAM.rawValue)
        guard let file = FileDescriptor(owning: socket(AF_UNIX, stream, 0)) else {
            throw SystemError("socket")
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        try #require(path.utf8.count < room)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let bound = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(file.raw, $0, size) }
        }
        guard bound == 0, Glibc.listen(file.raw, 8) == 0 else { throw SystemError("bind \(path)") }
        return file
    }

    @Test(
        "A flow can't connect to the admin socket, by itself or by a child; TCP it can",
        arguments: programs)
    func adminSocket(_ program: InstanceDefinition.Program) async throws {
        let bench = try Bench()
        let path = "\(bench.directory.path)/admin.sock"
        let listener = try listen(path)
        let outcome = await bench.run(
            try bench.job(
                program,
                function: """
                    \(Self.escape)
                    const net = need("node:net"), http = need("node:http");
                    const { execFile } = need("node:child_process");
                    const code = `require("net").connect("\(path)")
                        .on("connect", () => { console.log("did"); process.exit(); })
                        .on("error", (error) => console.log(error.code))`;
                    const own = new Promise((done) => net.connect("\(path)")
                        .on("connect", () => done("did"))
                        .on("error", (error) => done(error.code)));
                    const child = new Promise((done) => execFile(
                        process.execPath, ["-e", code],
                        (error, out) => done(error?.code ?? out.trim())));
                    const loopback = new Promise((done) => {
                        const server = http.createServer((_, answer) => answer.end("tcp"));
                        server.listen(0, "127.0.0.1", () => http.get(
                            { host: "127.0.0.1", port: server.address().port, agent: false },
                            (answer) => {
                                answer.on("data", (text) => done(String(text)));
                                server.close();
                            }));
                    });
                    Promise.all([own, child, loopback]).then((tried) => {
                        msg.payload = tried.join(); node.send(msg);
                    });
                    """,
                steps: """
                    {"send": {}, "to": "work"},
                    {"expect": {"payload": "EPERM,EPERM,tcp"}, "at": "out", "timeout": 60000}
                    """))
        #expect(outcome.state == .passed, "\(outcome)")
        #expect(listener.raw > 2)
    }

    @Test("A kernel that can't fence files off is told in the result of each test")
    func unfenced() async throws {
        let bench = try Bench()
        let job = try bench.job(.practice, function: "msg.payload = 'done'; return msg;")
        for isFenced in [true, false] {
            let process = FlowTestProcess(bench: bench.bench, isFenced: isFenced)
            let outcome = await process.run(job)
            #expect(outcome.state == .passed, "\(outcome)")
            #expect(outcome.log.contains(FlowTestProcess.unfenced) == !isFenced)
        }
    }
}
