# The Ruby tool, started once for many requests. Reads JSON lines and writes one line for each:
# {"argv": […], "env": {…}} runs the command and gives {"status", "stdout", "stderr"};
# {"encrypt": base64} and {"decrypt": base64} call the PKCS7 encryptor and give base64. The key files are the arguments.
require 'base64'
require 'json'
require 'open3'
require 'rubygems'
require 'hiera/backend/eyaml/CLI'
require 'hiera/backend/eyaml/plugins'
require 'hiera/backend/eyaml/encryptors/pkcs7'

Eyaml = Hiera::Backend::Eyaml
Pkcs7 = Eyaml::Encryptors::Pkcs7
private_key, public_key = ARGV
Eyaml::Options.set('pkcs7_private_key' => private_key, 'pkcs7_public_key' => public_key)

# As bin/eyaml does it, in a process of its own.
def run(argv, env)
  out, err = [IO.pipe, IO.pipe]
  child = fork do
    $stdin.reopen(File::NULL)
    $stdout.reopen(out.last)
    $stderr.reopen(err.last)
    ENV.update(env)
    ARGV.replace(argv)
    Pkcs7.register
    Eyaml::CLI.parse
    Eyaml::CLI.execute
  end
  [out, err].each { |_, writer| writer.close }
  texts = [out, err].map { |reader, _| Thread.new { reader.read } }.map(&:value)
  Process.wait(child)
  { status: $?.exitstatus, stdout: texts.first, stderr: texts.last }
end

$stdin.each_line do |line|
  request = JSON.parse(line)
  answer =
    if request['argv']
      run(request['argv'] + ['--pkcs7-private-key', private_key, '--pkcs7-public-key', public_key], request['env'] || {})
    elsif request['encrypt']
      Base64.strict_encode64(Pkcs7.encrypt(Base64.decode64(request['encrypt'])))
    else
      Base64.strict_encode64(Pkcs7.decrypt(Base64.decode64(request['decrypt'])))
    end
  puts JSON.generate(answer)
end
