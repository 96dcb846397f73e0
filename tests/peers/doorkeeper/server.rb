# frozen_string_literal: true

# An authorization server of the tests: Doorkeeper with its OpenID Connect extension (Debian packages) in the smallest
# Rails application that carries it. It has the manners of many real servers: HTTP Basic is taken as it is, without
# decoding it; the old refresh token ends when the new access token is first used; the password grant is on.
# One person, alice, whose password is "password"; consent is one button. Nothing here is fit for production.
#
# Environment: PORT, STATE_DIR (its database and log), REDIRECT_URI (comma list), CLIENT_SECRET, ACCESS_TTL (seconds).
require 'rails'
%w[action_controller action_view active_record].each { |part| require "#{part}/railtie" }
require 'doorkeeper'
require 'doorkeeper/openid_connect'
require 'puma'
require 'puma/configuration'
require 'puma/launcher'

PORT = ENV.fetch('PORT', '4060')
ISSUER = "http://127.0.0.1:#{PORT}"
STATE = ENV.fetch('STATE_DIR')
REDIRECT_URIS = ENV.fetch('REDIRECT_URI', 'http://127.0.0.1:8080/auth_callback').tr(',', "\n")
SCOPES = %i[openid profile email write].freeze
ENV['DATABASE_URL'] = "sqlite3:#{File.join(STATE, 'db.sqlite3')}?pool=8&timeout=10000"

# ---- the application ----

# What was asked of this server, for tests that count: GET /_requests answers ["POST /oauth/token", ...] and is not counted.
class Counter
  def initialize(app)
    @app = app
    @asked = Queue.new
    @seen = []
  end

  def call(env)
    return [200, { 'content-type' => 'application/json' }, [seen.to_json]] if env['PATH_INFO'] == '/_requests'

    @asked << "#{env['REQUEST_METHOD']} #{env['PATH_INFO']}"
    @app.call(env)
  end

  private

  def seen
    @seen << @asked.pop until @asked.empty?
    @seen
  end
end

class TestServer < Rails::Application
  config.load_defaults 6.1
  config.root = STATE
  config.eager_load = false
  config.cache_classes = true
  config.secret_key_base = 'of the tests ' * 8
  config.logger = ActiveSupport::Logger.new($stderr)
  config.log_level = :warn
  config.session_store :cookie_store, key: '_doorkeeper'
  config.middleware.insert 0, Counter
  # Its own consent page has no field for the nonce of OpenID Connect; its manual asks for a page that has.
  config.paths['app/views'].unshift(File.join(__dir__, 'views'))
end

Doorkeeper.configure do
  orm :active_record
  resource_owner_authenticator do
    Person.find_by(id: session[:person]) || begin
      session[:after_login] = request.fullpath
      redirect_to '/login'
    end
  end
  resource_owner_from_credentials { Person.known(params[:username], params[:password]) }
  default_scopes :read
  optional_scopes(*SCOPES)
  enforce_configured_scopes
  grant_flows %w[authorization_code client_credentials password]
  use_refresh_token
  access_token_expires_in Integer(ENV.fetch('ACCESS_TTL', '7200'))
  force_ssl_in_redirect_uri false
end

Doorkeeper::OpenidConnect.configure do
  issuer ISSUER
  signing_key OpenSSL::PKey::RSA.generate(2048).to_pem
  subject_types_supported [:public]
  protocol { :http }
  subject { |person, _application| person.name }
  resource_owner_from_access_token { |token| Person.find_by(id: token.resource_owner_id) }
  auth_time_from_resource_owner { |_person| Time.now }
  reauthenticate_resource_owner { |_person, back| session.delete(:person) && redirect_to(back) }
  claims do
    claim(:name, scope: :profile) { |person| person.name.capitalize }
    claim(:email, scope: :email) { |person| "#{person.name}@example.test" }
  end
end

TestServer.initialize!

class Person < ActiveRecord::Base
  def self.known(name, password)
    find_by(name: name) if password == 'password'
  end
end

class ApplicationController < ActionController::Base
end

class LoginsController < ApplicationController
  FORM = <<~HTML
    <form method="post"><input type="hidden" name="authenticity_token" value="%s">
    <input name="login"><input type="password" name="password"><button>Log in</button></form>
  HTML

  def new
    render html: format(FORM, form_authenticity_token).html_safe
  end

  def create
    person = Person.known(params[:login], params[:password])
    return render(plain: 'unknown', status: :unauthorized) unless person

    session[:person] = person.id
    redirect_to session.delete(:after_login) || '/'
  end
end

TestServer.routes.draw do
  use_doorkeeper { skip_controllers :applications, :authorized_applications }
  use_doorkeeper_openid_connect
  get '/login', to: 'logins#new'
  post '/login', to: 'logins#create'
end

# ---- its tables, its person, its clients ----

ActiveRecord::Schema.verbose = false
ActiveRecord::Schema.define do
  create_table(:people) { |table| table.string :name }
  create_table :oauth_applications do |table|
    %i[name uid secret].each { |column| table.string column, null: false }
    table.text :redirect_uri
    table.string :scopes, null: false, default: ''
    table.boolean :confidential, null: false, default: true
    table.timestamps
  end
  create_table :oauth_access_grants do |table|
    table.references :resource_owner, null: false
    table.references :application, null: false
    table.string :token, null: false
    table.integer :expires_in, null: false
    table.text :redirect_uri, null: false
    table.string :scopes, null: false, default: ''
    table.string :code_challenge
    table.string :code_challenge_method
    table.datetime :revoked_at
    table.datetime :created_at, null: false
  end
  create_table :oauth_access_tokens do |table|
    table.references :resource_owner
    table.references :application
    table.string :token, null: false
    table.string :refresh_token
    # With this column a refresh token ends at the first use of what it was given for; without it, at once.
    table.string :previous_refresh_token, null: false, default: ''
    table.integer :expires_in
    table.string :scopes
    table.datetime :revoked_at
    table.datetime :created_at, null: false
  end
  create_table :oauth_openid_requests do |table|
    table.references :access_grant, null: false
    table.string :nonce, null: false
  end
end

Person.create!(name: 'alice')
{ 'test-client' => true, 'test-public' => false }.each do |id, confidential|
  Doorkeeper::Application.create!(name: id, uid: id, secret: ENV.fetch('CLIENT_SECRET', 'test-secret'), confidential: confidential,
                                  redirect_uri: REDIRECT_URIS, scopes: "read #{SCOPES.join(' ')}")
end

# ---- serving ----

configuration = Puma::Configuration.new do |puma|
  puma.bind "tcp://127.0.0.1:#{PORT}"
  puma.app TestServer
  puma.threads 1, 4
  puma.environment 'production'
end
launcher = Puma::Launcher.new(configuration)
launcher.events.on_booted do
  puts "authorization server ready: #{ISSUER}"
  $stdout.flush
end
launcher.run
