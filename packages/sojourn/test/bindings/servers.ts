// On which frameworks does the shop run?
import { createRequire } from 'node:module'
import express from 'express'
import { expressShop } from './express-shop.ts'
import { fastifyShop } from './fastify-shop.ts'
import { honoShop } from './hono-shop.ts'
import { nodeShop } from './node-shop.ts'
import type { Running, ServerOptions, ShopWeb } from './shop.ts'

/** Express 4 has no types here; what is used of it is the same. */
const express4: typeof express = createRequire(import.meta.url)('express4')

/** Each framework with its way to start the shop. */
export const SERVERS: Record<string, (web: ShopWeb, options?: ServerOptions) => Promise<Running>> = {
  'Express 5': (web, options = {}) => expressShop(express, web, options),
  'Express 4': (web, options = {}) => expressShop(express4, web, options),
  Fastify: (web, options = {}) => fastifyShop(web, options),
  Hono: (web, options = {}) => honoShop(web, options),
  Node: (web, options = {}) => nodeShop(web, options),
}
