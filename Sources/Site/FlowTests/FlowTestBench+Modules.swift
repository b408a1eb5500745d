import Basics
import Domain
import Processes

extension FlowTestBench {
    /// What the case needs first that is not there.
    func lack(of job: FlowTestJob) -> String? {
        for module in job.test.needs {
            if let lack = module.lack(in: installed(module.name, for: job)) { return lack }
        }
        return nil
    }

    /// Of the instance, else of its stack, as Node-RED looks for it.
    private func installed(_ name: String, for job: FlowTestJob) -> String? {
        guard InstanceFiles.isPackageName(name) else { return nil }
        let file = "node_modules/\(name)/package.json"
        if let user = try? HostileDirectory(InstanceLayout(state: state, job.definition.id).user),
            let bytes = try? user.read(file, limit: .mebibytes(1)),
            let version = (try? JSONReader.read(bytes))?["version"]?.string
        {
            return String(version.prefix(100))
        }
        guard case .stack(let path) = job.definition.program else { return nil }
        return (try? PackageFile.read("\(path)/\(file)"))?.version
    }
}
